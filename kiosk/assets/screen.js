// SPDX-License-Identifier: MIT
// The counter screen's own life: it goes back to its invitation when nobody is there, follows the
// desk, and stays on its page when the line to the service is cut. Every page works without it.
(function () {
  "use strict";

  var POLL_MS = 1000;
  var RETRY_MS = 2000;
  // The page in view is renewed so that its token's hour is never long past.
  var RENEW_MS = 4 * 60 * 1000;
  // Somebody who touched the screen this short a time ago is in the middle of something.
  var TOUCH_MS = 6000;

  var touched = Date.now();
  var shown = Date.now();
  var visit = 0; // grows with every page, so that what an old page left running stops
  var busy = false;
  var pressed = null;

  function setting(name) {
    return document.body.dataset[name] || "";
  }

  function say(name, on) {
    var mark = document.querySelector("." + name);
    if (mark) mark.hidden = !on;
  }

  // Puts a fetched page in the place of this one: no white flash, and no browser's error page when
  // the service cannot be reached.
  function show(text) {
    var page = new DOMParser().parseFromString(text, "text/html");
    document.documentElement.lang = page.documentElement.lang;
    document.documentElement.className = page.documentElement.className;
    document.title = page.title;
    document.body.replaceWith(document.importNode(page.body, true));
    window.scrollTo(0, 0);
    begin();
  }

  function fetchPage(address, options) {
    return fetch(address, options).then(function (answer) {
      if ((answer.headers.get("Content-Type") || "").indexOf("text/html") !== 0)
        throw new Error("not a page");
      // The answer to a form has no address of its own: reloading must not send it again.
      if (!options.method || answer.redirected) history.replaceState(null, "", answer.url);
      return answer.text();
    });
  }

  function go(address) {
    if (busy) return;
    var mine = visit;
    busy = true;
    fetchPage(address, { cache: "no-store" }).then(show).catch(function () {
      if (mine !== visit) return;
      busy = false;
      say("lost", true);
      setTimeout(function () {
        if (mine === visit) go(address);
      }, RETRY_MS);
    });
  }

  function goHome() {
    go(setting("home"));
  }

  // Sends the same form until it is answered: the page's token makes repeats one answer.
  function send(address, fields) {
    var mine = visit;
    busy = true;
    document.body.classList.add("busy");
    fetchPage(address, { method: "POST", body: fields }).then(show).catch(function () {
      if (mine !== visit) return;
      say("unsent", true);
      say("lost", true);
      setTimeout(function () {
        if (mine === visit) send(address, fields);
      }, RETRY_MS);
    });
  }

  function submit(form, button, extra) {
    if (busy) return;
    var fields = new URLSearchParams(new FormData(form));
    if (button && button.name) fields.append(button.name, button.value);
    if (extra) fields.append(extra[0], extra[1]);
    send((button && button.getAttribute("formaction")) || form.getAttribute("action"), fields);
  }

  // What the page does when nobody touches it any more.
  function leave() {
    var form = document.getElementById("step");
    var page = form && form.elements.page;
    // A step behind the first tap says that it was left; faces that nobody pressed say nothing.
    if (page && page.value !== "overall")
      submit(form, null, ["end", "timeout"]);
    else goHome();
  }

  function tick() {
    if (busy) return;
    var now = Date.now();
    var leave_s = Number(setting("leaveS"));
    if (leave_s > 0) {
      if (now - shown > leave_s * 1000) goHome();
    } else if (setting("quiet") === "1") {
      if (now - shown > RENEW_MS && now - touched > TOUCH_MS) goHome();
    } else if (now - touched > Number(setting("idleS")) * 1000) {
      leave();
    }
  }

  function poll() {
    var address = setting("state");
    if (!address) return setTimeout(poll, POLL_MS);
    var mine = visit;
    fetch(address, { cache: "no-store" })
      .then(function (answer) {
        if (!answer.ok) throw new Error("no state");
        return answer.json();
      })
      .then(function (state) {
        if (mine !== visit) return;
        say("lost", false);
        var news = state.version !== Number(setting("version"));
        if (news && !busy && Date.now() - touched > TOUCH_MS) goHome();
      })
      .catch(function () {
        if (mine === visit) say("lost", true);
      })
      .then(function () {
        setTimeout(poll, POLL_MS);
      });
  }

  function begin() {
    visit++;
    busy = false;
    shown = touched = Date.now();
    var heading = document.querySelector("h1[tabindex]");
    if (heading && visit > 1) heading.focus({ preventScroll: true });
    // The invitation is nobody's: whoever arms it need not wait for a touch to be long past.
    if (setting("quiet") === "1" && visit > 1) touched = 0;
  }

  ["pointerdown", "keydown", "input", "wheel"].forEach(function (name) {
    document.addEventListener(
      name,
      function () {
        touched = Date.now();
      },
      { passive: true }
    );
  });

  document.addEventListener("click", function (event) {
    var link = event.target.closest("a[href]");
    pressed = event.target.closest("button");
    if (!link || link.origin !== location.origin) return;
    event.preventDefault();
    go(link.href);
  });

  document.addEventListener("submit", function (event) {
    event.preventDefault();
    submit(event.target, event.submitter || pressed, null);
  });

  begin();
  touched = setting("quiet") === "1" ? 0 : Date.now();
  setInterval(tick, 500);
  poll();
})();
