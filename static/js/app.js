// What every page needs beyond htmx: focus kept after swaps, spoken news, no double submit, and signing in again
// without losing what was typed. Nothing here knows a particular screen.
//
//   data-announce="text"   on swapped content: the text is spoken once when it changes (polite)
//   data-focus="key"       an element that gets the focus back when a swap replaced the one that had it
//   data-focus-home        where the focus goes when what had it is gone
//   data-confirm="text"    on a form: asked before it is sent
//   data-submit-on-change  on a filter form: sent when a control changes
//   data-check-all="name"  on a checkbox: sets every checkbox of that name in its form
//   event "member:signed-in" {detail: {csrf}}   fired on document by the sign-in script: closes the overlay, renews the tokens
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);

  // --- spoken news -------------------------------------------------------------------------------------------
  let spoken = "";
  const say = (text) => {
    const region = byId("live");
    if (region && text && text !== spoken) region.textContent = spoken = text;
  };
  const sayNewsOf = (root) => {
    const holder = root.matches?.("[data-announce]") ? root : root.querySelector?.("[data-announce]");
    if (holder) say(holder.dataset.announce);
  };

  // --- focus -------------------------------------------------------------------------------------------------
  const keyOf = (element) => {
    if (element.id) return `#${CSS.escape(element.id)}`;
    if (element.dataset.focus) return `[data-focus="${CSS.escape(element.dataset.focus)}"]`;
    if (element.dataset.test) return `[data-test="${CSS.escape(element.dataset.test)}"]`;
    if (!element.name) return null;
    const value = element.type === "radio" || element.type === "checkbox" ? `[value="${CSS.escape(element.value)}"]` : "";
    return `[name="${CSS.escape(element.name)}"]${value}`;
  };
  let held = null;
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const active = document.activeElement;
    held = active && active !== document.body && detail.target.contains(active) ? { key: keyOf(active) } : null;
  });
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    sayNewsOf(detail.elt);
    if (!held) return;
    const { key } = held;
    held = null;
    if (document.activeElement && document.activeElement !== document.body) return;
    const wrong = detail.elt.querySelector?.("[aria-invalid='true']");
    const home = wrong || (key && document.querySelector(key)) || document.querySelector("[data-focus-home]") || byId("main");
    home?.focus({ preventScroll: !wrong });
  });

  // --- one submit at a time ----------------------------------------------------------------------------------
  const busy = (form, on) => {
    form.toggleAttribute("data-busy", on);
    if (on) form.setAttribute("aria-busy", "true");
    else form.removeAttribute("aria-busy");
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const question = event.submitter?.dataset.confirm || form.dataset.confirm;
    if (form.hasAttribute("data-busy") || (question && !window.confirm(question))) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (form.method === "post" || form.hasAttribute("hx-post")) busy(form, true);
  }, true);
  const release = ({ detail }) => {
    const form = detail.elt.closest?.("form");
    if (form) busy(form, false);
  };
  ["htmx:afterRequest", "htmx:validation:halted", "htmx:sendError", "htmx:sendAbort"].forEach((name) => document.addEventListener(name, release));
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-busy]").forEach((form) => busy(form, false)));

  // --- small conveniences ------------------------------------------------------------------------------------
  document.addEventListener("change", ({ target }) => {
    if (target.dataset.checkAll) {
      target.form.querySelectorAll(`input[type=checkbox][name="${CSS.escape(target.dataset.checkAll)}"]`).forEach((box) => { box.checked = target.checked; });
    }
    const form = target.closest("form[data-submit-on-change]");
    if (form) form.requestSubmit();
  });

  // --- when a request fails ----------------------------------------------------------------------------------
  // With 401 (and 403) the server sends a fragment for #sign-in-over: it offers sign-in over the page, and the page below,
  // with what was typed there, stays.
  const overlay = () => byId("overlay");
  document.addEventListener("htmx:responseError", ({ detail }) => {
    const dialog = overlay();
    if (!dialog || detail.xhr.getResponseHeader("HX-Retarget") !== "#sign-in-over") {
      trouble(detail.xhr.status);
      return;
    }
    if (dialog.open) return;
    byId("sign-in-over").replaceChildren(...fragment(detail.xhr.responseText));
    window.htmx?.process(dialog);
    dialog.showModal();
    bringNear(dialog, detail.requestConfig.triggeringEvent?.submitter || detail.elt);
    document.dispatchEvent(new CustomEvent("overlay:opened", { detail: { dialog } }));
  });
  document.addEventListener("htmx:sendError", () => trouble(0));
  document.addEventListener("htmx:timeout", () => trouble(0));
  document.addEventListener("htmx:afterRequest", ({ detail }) => { if (detail.successful) byId("trouble")?.setAttribute("hidden", ""); });


  // A frame is as high as its page, and the window shows a part of it: the middle of the frame may be out of sight, what was
  // just pressed is not.
  const bringNear = (dialog, pressed) => {
    if (window.parent === window) return;
    const most = window.innerHeight - dialog.offsetHeight - 16;
    dialog.style.marginBlock = `${Math.max(16, Math.min(most, pressed.getBoundingClientRect().top - 160))}px auto`;
  };
  const fragment = (text) => [...new DOMParser().parseFromString(text, "text/html").body.childNodes];
  const trouble = (status) => {
    const box = byId("trouble");
    if (!box) return;
    const kind = status === 0 ? "offline" : status === 403 ? "forbidden" : status === 429 ? "busy" : "server";
    box.querySelectorAll("[data-trouble]").forEach((line) => line.toggleAttribute("hidden", line.dataset.trouble !== kind));
    box.removeAttribute("hidden");
  };

  document.addEventListener("member:signed-in", ({ detail }) => {
    if (detail?.csrf) {
      document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((input) => { input.value = detail.csrf; });
      document.querySelector("meta[name=csrf-token]")?.setAttribute("content", detail.csrf);
    }
    const dialog = overlay();
    if (dialog?.open) dialog.close();
    say(dialog?.dataset.signedIn || "");
  });
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    const token = document.querySelector("meta[name=csrf-token]")?.content;
    if (token && detail.verb !== "get") detail.headers["X-CSRFToken"] = token;
  });
})();
