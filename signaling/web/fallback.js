// A classic script in old syntax: says so where the page's modules cannot run at all.
(function () {
  "use strict";
  var WAIT_MS = 10000;
  function check() {
    if (document.body.getAttribute("data-running")) return;
    document.getElementById("loading-title").textContent = "This page could not start";
    document.getElementById("loading-body").textContent =
      "Reload it. If that does not help, open the link in a current version of Chrome, Firefox, Edge or Safari.";
  }
  if ("noModule" in document.createElement("script")) setTimeout(check, WAIT_MS);
  else check();
})();
