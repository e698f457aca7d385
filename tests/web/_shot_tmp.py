import pytest
from tests.web.test_photo import *
from tests.web.conftest import *
async def test_shot(office, visit):
    for n,(w,h) in enumerate(((390,844),(844,390))):
        c = await visit(viewport={"width":w,"height":h})
        await c.page.route("**/api/photos/*", lambda r: None)
        amy, call = await on_call(office, c)
        await amy.do(AskPhoto, call=call)
        await c.see("amy would like a photo")
        await c.page.screenshot(path=f"/tmp/F/page{n}a.png")
        await c.see("Sending the photo")
        await c.page.screenshot(path=f"/tmp/F/page{n}b.png")
        await amy.ws.close()
        c.network_errors_expected=True
