// Documents of a record: keyboard for lines and suggestions, the focus after a button of the form, copying a link, and news
// that nobody asked for but must not get in anybody's way. Everything works without this file too, by buttons.
//
//   [data-line]         a line; inside it Alt+Up/Down moves it, Alt+Delete removes it, Alt+Enter adds one
//   [data-suggestions]  choices under a field; Down goes into them, Up and Down between them, Escape back to the field
//   [data-focus-now]    gets the focus once it was swapped in
//   event "file:ready" {url}   the server's answer to a form that asks for a file: opens it in a window of its own
//   [data-copy="text"]  a button that copies the text and says [data-copied]
//   [data-files-of="id"]  lists the files that were chosen in that field
//   [data-unasked]      asks by itself: what it brings waits while a finger or a button of the mouse is down on it
(() => {
  "use strict";
  const press = (line, what) => {
    const button = line.querySelector(`button[name=op][value^="${what}-"]`);
    if (button && !button.disabled) button.click();
  };

  const onLine = (event, line) => {
    const moves = { ArrowUp: "up", ArrowDown: "down", Delete: "remove" };
    if (event.key === "Enter") document.getElementById("add-line")?.click();
    else if (Object.hasOwn(moves, event.key)) press(line, moves[event.key]);
    else return;
    event.preventDefault();
  };

  const close = (box, field) => {
    box.replaceChildren();
    field?.setAttribute("aria-expanded", "false");
    field?.focus();
  };

  const onSuggestions = (event) => {
    const inside = event.target.closest("[data-suggestions]");
    const field = inside ? inside.parentElement.querySelector("[role=combobox]") : event.target.closest("[role=combobox]");
    const box = field && document.getElementById(field.getAttribute("aria-controls"));
    const choices = box ? [...box.querySelectorAll("button")] : [];
    if (!choices.length) return;
    const at = choices.indexOf(document.activeElement);
    if (event.key === "Escape") close(box, field);
    else if (event.key === "ArrowDown") choices[Math.min(at + 1, choices.length - 1)].focus();
    else if (event.key === "ArrowUp" && at > 0) choices[at - 1].focus();
    else if (event.key === "ArrowUp" && at === 0) field.focus();
    else return;
    event.preventDefault();
  };

  document.addEventListener("keydown", (event) => {
    const line = event.target.closest("[data-line]");
    if (line && event.altKey) onLine(event, line);
    else if (line) onSuggestions(event);
  });

  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    const box = detail.elt.closest?.("[data-suggestions]");
    if (box) {
      const field = document.querySelector(`[aria-controls="${box.id}"]`);
      field?.setAttribute("aria-expanded", String(box.childElementCount > 0));
    }
    const wanted = document.querySelector("[data-focus-now]");
    if (wanted) {
      wanted.removeAttribute("data-focus-now");
      wanted.focus();
    }
  });

  // A button's request may wait for the sums under way; by then the focus may be elsewhere, and htmx has forgotten the button.
  const buttons = new WeakMap();
  document.addEventListener("submit", ({ target, submitter }) => {
    if (submitter?.name) buttons.set(target, [submitter.name, submitter.value]);
    else buttons.delete(target);
  }, true);
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    const [name, value] = buttons.get(detail.elt) || [];
    if (name && !detail.parameters[name]) detail.parameters[name] = value;
  });

  // A click whose button went down on one element and came up on its successor is no click. So a part that says nothing new
  // stays, and one that is pressed is replaced once it was let go.
  let pressed = null;
  let late = [];
  const isPressed = (place) => pressed !== null && place.contains(pressed);
  document.addEventListener("pointerdown", ({ target }) => { pressed = target; }, true);
  const letGo = () => setTimeout(() => {
    pressed = null;
    const waiting = late;
    late = [];
    waiting.forEach(([id, text]) => {
      const place = document.getElementById(id);
      const how = { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 20 };
      if (place) window.htmx.swap(place, text, how, { select: `#${CSS.escape(id)}` });
    });
  }, 0);
  ["pointerup", "pointercancel"].forEach((name) => document.addEventListener(name, letGo, true));
  window.addEventListener("blur", letGo);

  // Who closed the invitation to sign in again is not asked every second.
  let signedOut = false;
  document.addEventListener("htmx:responseError", ({ detail }) => { signedOut ||= detail.xhr.status === 401; });
  document.addEventListener("member:signed-in", () => { signedOut = false; });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (signedOut && event.detail.elt.matches("[data-unasked]")) event.preventDefault();
  });

  document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
    const news = detail.fragment.firstElementChild;
    if (news?.isEqualNode(detail.target)) detail.shouldSwap = false;
    else if (news && isPressed(detail.target)) {
      detail.shouldSwap = false;
      late.push([detail.target.id, news.outerHTML]);
    }
  });
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.xhr.getResponseHeader("HX-Reselect")) return;  // no part of the screen: it is told at once
    if (!detail.shouldSwap || !detail.requestConfig.elt.matches("[data-unasked]") || !isPressed(detail.target)) return;
    detail.shouldSwap = false;
    late.push([detail.target.id, detail.serverResponse]);
  });

  const size = (bytes) => bytes < 1048576 ? `${Math.ceil(bytes / 1024)} kB` : `${(bytes / 1048576).toFixed(1)} MB`;
  const listFiles = () => document.querySelectorAll("[data-files-of]").forEach((list) => {
    const files = [...document.getElementById(list.dataset.filesOf)?.files || []];
    list.replaceChildren(...files.map((file) => {
      const entry = document.createElement("li");
      entry.textContent = `${file.name} (${size(file.size)})`;
      return entry;
    }));
  });
  document.addEventListener("change", ({ target }) => { if (target.type === "file") listFiles(); });
  document.addEventListener("htmx:afterSettle", listFiles);

  // A file opens outside the frame, where no cookie goes: its address carries a secret that works once.
  document.addEventListener("file:ready", ({ detail }) => {
    if (window.open(detail.url, "_blank")) return;
    const link = document.getElementById("file-link");
    if (!link) return;
    link.href = detail.url;
    link.hidden = false;
    link.focus();
  });

  document.addEventListener("click", async ({ target }) => {
    const button = target.closest("[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      const field = document.createElement("textarea");
      field.value = button.dataset.copy;
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
      button.focus();
    }
    const live = document.getElementById("live");
    if (live) live.textContent = button.dataset.copied;
    button.lastChild.textContent = button.dataset.copied;
  });
})();
