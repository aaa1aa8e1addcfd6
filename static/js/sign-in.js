// Signing in and connecting: the popup, the code that comes back from it, and what to do where popups or cookies are blocked.
// Both ends live here: the page that asks ([data-consents]) and the popup's last page ([data-handover]).
//
//   [data-consents]                 the part of a page that offers consents; data-redeem, data-check, data-done: our addresses
//   [data-consent="/…/start/?…"]    a button in it that opens Zoho's consent
//   [data-part=choices|typed|blocked|cookies|problem|busy]   what is shown when
(() => {
  "use strict";
  const TYPE = "bigin-books.handover";
  const TAKEN = "bigin-books.taken";
  const framed = window.parent !== window;
  const bytesToText = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  // --- the popup's end ----------------------------------------------------------------------------------------
  const handOver = (box) => {
    const showCode = () => {
      box.querySelector("[data-part=working]").hidden = true;
      box.querySelector("[data-part=code]").hidden = false;
    };
    window.addEventListener("message", (event) => {
      if (event.origin === location.origin && event.source === window.opener && event.data?.type === TAKEN) window.close();
    });
    if (!window.opener) {
      showCode();
      return;
    }
    // Only a window of our own origin receives it; if that is not who opened us, nobody does.
    window.opener.postMessage({ type: TYPE, code: box.dataset.code }, location.origin);
    setTimeout(showCode, 3000);
  };

  // --- the page's end -----------------------------------------------------------------------------------------
  const attend = async (box) => {
    if (box.dataset.attended) return;
    box.dataset.attended = "yes";
    const part = (name) => box.querySelector(`[data-part=${name}]`);
    const show = (name, on = true) => { const found = part(name); if (found) found.hidden = !on; };
    const overlay = box.closest("dialog");
    const kept = document.querySelector("form[data-kept]");
    const verifier = bytesToText(crypto.getRandomValues(new Uint8Array(32)));
    let challenge = "";
    let popup = null;
    let waiting = 0;

    const problem = (words) => {
      const place = part("problem");
      place.querySelector("[data-say=title]").textContent = words.title || "";
      place.querySelector("[data-say=text]").textContent = [words.text, words.advice].filter(Boolean).join(" ");
      place.hidden = false;
      show("busy", false);
    };
    const offline = () => problem({ title: box.dataset.offlineTitle, text: box.dataset.offlineText });

    const resume = (csrf, samePerson, next) => {
      if (overlay && samePerson) {
        document.dispatchEvent(new CustomEvent("member:signed-in", { detail: { csrf } }));
        return;
      }
      if (kept) {
        kept.querySelector("input[name=csrfmiddlewaretoken]").value = csrf;
        kept.submit();
        return;
      }
      if (next) location.replace(next);
      else location.reload();
    };

    const ask = async () => {
      const answer = await fetch(box.dataset.check, { cache: "no-store" });
      return answer.json();
    };
    const samePerson = (member) => {
      const here = document.querySelector("meta[name=member]")?.content;
      return !here || here === String(member);
    };

    const redeem = async (code) => {
      show("problem", false);
      show("busy");
      try {
        const answer = await fetch(box.dataset.redeem, { method: "POST", body: new URLSearchParams({ code, verifier }) });
        const words = await answer.json();
        if (!words.ok) {
          problem(words);
          return false;
        }
        const state = await ask();
        if (!state.signed_in) {
          show("busy", false);
          show("cookies");
          return true;
        }
        resume(words.csrf, samePerson(words.member), words.next);
        return true;
      } catch {
        offline();
        return false;
      }
    };

    const addressOf = (button, extra) => {
      const address = new URL(button.dataset.consent, location.origin);
      Object.entries(extra).forEach(([name, value]) => address.searchParams.set(name, value));
      return address.href;
    };

    // In a window of its own the browser cuts popups off from us, and cookies are our own: the window itself goes on,
    // or, where something typed must stay, a second one signs in and this one asks after its own session meanwhile.
    const goInWindow = (button) => {
      if (!overlay && !kept) {
        location.assign(addressOf(button, { mode: "window", next: button.dataset.next || location.pathname + location.search }));
        return;
      }
      popup = window.open(addressOf(button, { mode: "window", next: box.dataset.done }), "_blank");
      clearInterval(waiting);
      waiting = setInterval(async () => {
        const state = await ask().catch(() => ({}));
        if (!state.signed_in) return;
        clearInterval(waiting);
        resume(state.csrf, samePerson(state.member), "");
      }, 2000);
    };

    // The popup must be opened in the click itself: after an await the browser takes it for an advertisement.
    const open = (button) => {
      show("problem", false);
      if (!framed) {
        goInWindow(button);
        return;
      }
      const address = addressOf(button, { challenge });
      // A name of this page's own: a second press uses the same window again, and another frame's stays another's.
      popup = window.open(address, `consent-${challenge.slice(0, 12)}`, "popup,width=560,height=720");
      popup?.focus();
      show("blocked", !popup);
      const link = part("blocked")?.querySelector("a");
      if (!popup && link) link.href = address;
      show("typed");
    };

    window.addEventListener("message", async (event) => {
      if (event.origin !== location.origin || event.data?.type !== TYPE || typeof event.data.code !== "string") return;
      await redeem(event.data.code);
      event.source?.postMessage({ type: TAKEN }, location.origin);
    });
    box.addEventListener("click", (event) => {
      const button = event.target.closest("[data-consent]");
      if (button) open(button);
      if (event.target.closest("[data-part=blocked] a")) show("typed");
    });
    part("typed")?.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      const field = event.target.querySelector("input");
      redeem(field.value.trim()).then((taken) => { if (taken) popup?.close(); else field.focus(); });
    });

    if (framed && box.hasAttribute("data-needs-cookies")) {
      const state = await ask().catch(() => ({ cookies: true }));
      show("cookies", !state.cookies);
      show("choices", state.cookies);
      if (!state.cookies) return;
    }
    challenge = bytesToText(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
    box.querySelectorAll("[data-consent]").forEach((button) => { button.disabled = false; });
  };

  const begin = () => {
    document.querySelectorAll("[data-consents]").forEach(attend);
    document.querySelectorAll("[data-handover]").forEach(handOver);
  };
  document.addEventListener("overlay:opened", begin);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
