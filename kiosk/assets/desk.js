// SPDX-License-Identifier: MIT
// The desk's few comforts; without them the page works all the same, printing by the browser.
(function () {
  "use strict";
  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-print]")) window.print();
  });
  // Two presses of an impatient hand are one slip.
  document.addEventListener("submit", function (event) {
    if (document.body.classList.contains("busy")) event.preventDefault();
    document.body.classList.add("busy");
  });
  window.addEventListener("pageshow", function () {
    document.body.classList.remove("busy");
  });
})();
