"""Links and the lobby, told as stories."""

from signaling.protocol import (
    Admit,
    Code,
    CreateLink,
    CustomerState,
    Decline,
    Ended,
    EndReason,
    Goodbye,
    HangUp,
    Invitation,
    Knock,
    Lobby,
    RevokeLink,
)
from signaling.state import Limits, Team
from signaling.step import Consent

from .desk import Desk

# --- links and lobby ---


def test_a_link_is_used_up_by_the_knock_and_not_by_looking(desk: Desk) -> None:
    agent = desk.agent()
    path = desk.invite(agent).path
    desk.follow(path).leave()
    first, second = desk.follow(path), desk.follow(path)
    first.do(Knock, name="Bob")
    assert second.refused(Knock, name="Eve") == Code.LINK_USED
    assert desk.follow(path).last(Goodbye).code == Code.LINK_USED


def test_a_link_of_three_uses_serves_three(desk: Desk) -> None:
    agent = desk.agent()
    path = desk.invite(agent, uses=3).path
    for name in "abc":
        desk.follow(path).do(Knock, name=name)
    assert desk.follow(path).last(Goodbye).code == Code.LINK_USED
    assert [w.name for w in agent.last(Lobby).waiting] == ["a", "b", "c"]


def test_a_link_expires_and_the_agent_sees_it_go(desk: Desk) -> None:
    agent = desk.agent()
    link = desk.invite(agent, expires_in=60)
    late = desk.follow(link.path)
    assert [shown.link for shown in agent.last(Lobby).links] == [link.link]
    desk.pass_time(60)
    assert agent.last(Lobby).links == []
    assert late.refused(Knock) == Code.LINK_EXPIRED
    assert desk.follow(link.path).last(Goodbye).code == Code.LINK_EXPIRED


def test_a_revoked_link_lets_nobody_in(desk: Desk) -> None:
    agent = desk.agent()
    link = desk.invite(agent)
    guest = desk.follow(link.path)
    agent.do(RevokeLink, link=link.link)
    assert guest.refused(Knock) == Code.LINK_REVOKED
    assert desk.follow(link.path).last(Goodbye).code == Code.LINK_REVOKED


def test_a_guessed_link_is_no_link(desk: Desk) -> None:
    assert desk.follow("/join#guess").last(Goodbye).code == Code.NO_SUCH_LINK


def test_only_the_maker_and_the_teams_coaches_revoke_a_link(desk: Desk) -> None:
    link = desk.invite(desk.agent())
    assert desk.agent("bea").refused(RevokeLink, link=link.link) == Code.NOT_ALLOWED
    assert desk.supervisor("sam", "south").refused(RevokeLink, link=link.link) == Code.NOT_ALLOWED
    desk.supervisor().do(RevokeLink, link=link.link)


def test_an_agent_has_a_bounded_number_of_links() -> None:
    agent = Desk(Limits(links_per_agent=2)).agent()
    agent.do(CreateLink)
    agent.do(CreateLink)
    assert agent.refused(CreateLink) == Code.TOO_MANY_LINKS


def test_a_lobby_is_bounded_and_a_full_one_does_not_use_up_the_link() -> None:
    desk = Desk(Limits(lobby=1))
    agent = desk.agent()
    desk.customer(agent)
    link = desk.invite(agent)
    assert desk.follow(link.path).refused(Knock) == Code.LOBBY_FULL
    assert [shown.uses_left for shown in agent.last(Lobby).links] == [1]


def test_a_knock_is_a_consent_on_record(desk: Desk) -> None:
    desk.teams["north"] = desk.hub.state.teams["north"] = Team("north", announcement="We listen in.")
    agent = desk.agent()
    guest = desk.follow(desk.invite(agent).path)
    assert guest.last(Invitation).announcement == "We listen in."
    guest.do(Knock, name="Bob", microphone=True)
    (consent,) = [c for c in desk.changes if isinstance(c, Consent)]
    assert (consent.name, consent.camera, consent.microphone) == ("Bob", False, True)
    assert consent.announcement == "We listen in."


def test_a_link_says_its_whole_address_where_the_server_knows_its_own(desk: Desk) -> None:
    agent = desk.agent()
    assert desk.invite(agent).url == ""
    desk.hub.state.public_url = "https://calls.example.org"
    link = desk.invite(agent)
    assert link.url == f"https://calls.example.org{link.path}"


def test_a_declined_customer_is_told_and_gone(desk: Desk) -> None:
    agent = desk.agent()
    customer = desk.customer(agent)
    agent.do(Decline, party=customer.party)
    assert customer.last(Ended) == Ended("", EndReason.DECLINED)
    assert agent.last(Lobby).waiting == []
    assert agent.refused(Admit, party=customer.party) == Code.NO_SUCH_PARTY


def test_an_agent_answers_only_their_own_lobby(desk: Desk) -> None:
    customer = desk.customer(desk.agent())
    assert desk.agent("bea").refused(Admit, party=customer.party) == Code.NOT_ALLOWED
    assert desk.agent("bea").refused(Decline, party=customer.party) == Code.NOT_ALLOWED


def test_while_the_agent_talks_the_next_customer_waits_on(desk: Desk) -> None:
    agent = desk.agent()
    _, call = desk.call(agent)
    second = desk.customer(agent, "Eve")
    assert agent.refused(Admit, party=second.party) == Code.BUSY
    agent.do(HangUp, call=call)
    agent.do(Admit, party=second.party)
    assert second.last(CustomerState).phase == "live"


def test_a_waiting_customer_learns_that_the_agent_is_away_and_back(desk: Desk) -> None:
    agent = desk.agent()
    customer = desk.customer(agent)
    assert customer.last(CustomerState).phase == "waiting"
    agent.leave()
    assert customer.last(CustomerState).phase == "agent_away"
    desk.back(agent)
    assert customer.last(CustomerState).phase == "waiting"


def test_a_lost_waiting_customer_is_hidden_then_back_then_gone(desk: Desk) -> None:
    agent = desk.agent()
    customer = desk.customer(agent)
    customer.leave()
    assert agent.last(Lobby).waiting == []
    customer = desk.back(customer)
    assert [w.party for w in agent.last(Lobby).waiting] == [customer.party]
    assert customer.last(CustomerState).phase == "waiting"
    customer.leave()
    desk.pass_time(61)
    assert desk.back(customer).last(Goodbye).code == Code.NOT_SIGNED_IN


# --- leaving the line ---


def test_who_leaves_the_line_is_gone_at_once(desk: Desk) -> None:
    agent = desk.agent()
    customer = desk.customer(agent)
    customer.leave(on_purpose=True)
    assert agent.last(Lobby).waiting == []
    assert agent.refused(Admit, party=customer.party) == Code.NO_SUCH_PARTY
    assert desk.journal == {}
    assert desk.back(customer).last(Goodbye).code == Code.NOT_SIGNED_IN


def test_leaving_makes_room_in_a_full_lobby() -> None:
    desk = Desk(Limits(lobby=1))
    agent = desk.agent()
    lost = desk.customer(agent)
    lost.leave()
    assert desk.follow(desk.invite(agent).path).refused(Knock) == Code.LOBBY_FULL
    lost = desk.back(lost)
    lost.leave(on_purpose=True)
    desk.follow(desk.invite(agent).path).do(Knock)


def test_a_customer_on_a_call_keeps_it_however_the_socket_ends(desk: Desk) -> None:
    agent = desk.agent()
    customer, call = desk.call(agent)
    customer.leave(on_purpose=True)
    assert not agent.got(Ended)
    assert desk.back(customer).last(CustomerState).call == call


def test_a_guest_who_leaves_before_the_knock_may_open_the_link_again(desk: Desk) -> None:
    agent = desk.agent()
    path = desk.invite(agent).path
    desk.follow(path).leave(on_purpose=True)
    desk.follow(path).do(Knock)
