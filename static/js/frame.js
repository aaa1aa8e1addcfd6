// Living in Bigin's frame: the SDK's handshake, which record the page is about, the frame's height, and stand-alone mode
// where nobody answers. What the page around says is a hint, never an identity: the server decides who may see what.
//
//   <meta name="service-origin">          the Bigin page around us, checked by the server; messages go there only
//   <html data-frame>                     waiting | embedded | alone
//   [data-frame-entry][data-record-url]   goes to that address, with {module} and {id} filled in, when Bigin names a record
//   [data-frame-waiting], [data-frame-alone]   shown while waiting, and when nobody answered within 3 s
//   events "bigin:record" {module, ids} and "bigin:alone" on document
(() => {
  "use strict";
  const PATIENCE = 3000;
  const MODULES = { Deals: "Pipelines", Potentials: "Pipelines", Companies: "Accounts" };
  const root = document.documentElement;
  const script = document.currentScript;
  const around = document.querySelector("meta[name=service-origin]")?.content || "";
  const framed = window.parent !== window;
  let context = null;
  let lastHeight = 0;

  const setMode = (mode) => {
    root.dataset.frame = mode;
    document.querySelectorAll("[data-frame-waiting]").forEach((part) => { part.hidden = mode !== "waiting"; });
    document.querySelectorAll("[data-frame-alone]").forEach((part) => { part.hidden = mode !== "alone"; });
    if (mode === "alone") document.dispatchEvent(new CustomEvent("bigin:alone"));
  };

  const send = (message) => {
    const whole = { type: "SDK.EVENT", appOrigin: encodeURIComponent(location.origin + location.pathname), ...message };
    window.parent.postMessage(whole, around);
  };

  const resize = () => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (!context || height === lastHeight) return;
    lastHeight = height;
    const data = { category: "UI", action: "RESIZE", data: { height: String(height), width: "100%" }, sdkVersion: "1" };
    send({ eventName: "CRM_EVENT", uniqueID: context.uniqueID, time: Date.now(), promiseid: `Promise${height}`, data });
  };

  const enter = (record) => {
    const ids = [record?.EntityId].flat().filter((id) => /^[0-9]{1,40}$/.test(String(id))).map(String);
    const named = String(record?.Entity || "");
    const module = MODULES[named] || named;
    if (!ids.length || !/^[A-Za-z_]{1,40}$/.test(module)) return;
    document.dispatchEvent(new CustomEvent("bigin:record", { detail: { module, ids } }));
    const entry = document.querySelector("[data-frame-entry][data-record-url]");
    if (!entry) return;
    const path = entry.dataset.recordUrl.replace("{module}", module).replace("{id}", ids[0]);
    const kept = new URLSearchParams(location.search);
    kept.delete("Entity");
    kept.delete("EntityId");
    location.replace(kept.size ? `${path}?${kept}` : path);
  };

  const events = {
    SET_CONTEXT: (data) => {
      context = data || {};
      setMode("embedded");
      resize();
      new ResizeObserver(resize).observe(document.body);
    },
    PageLoad: enter,
  };

  const listen = (event) => {
    if (event.source !== window.parent || event.origin !== around) return;
    const message = event.data;
    if (message?.type !== "FRAMEWORK.EVENT" || !Object.hasOwn(events, message.eventName)) return;
    events[message.eventName](message.data);
  };

  const begin = () => {
    // The topping's loader heard from Bigin already which record it is and put it into the address.
    const told = new URLSearchParams(location.search);
    if (told.has("Entity")) enter({ Entity: told.get("Entity"), EntityId: told.get("EntityId") });
    if (!framed || !around) {
      setMode("alone");
      return;
    }
    setMode("waiting");
    window.addEventListener("message", listen);
    window.addEventListener("pagehide", () => { if (context) send({ eventName: "DEREGISTER", uniqueID: context.uniqueID }); });
    send({ eventName: "REGISTER" });
    setTimeout(() => { if (!context) setMode("alone"); }, PATIENCE);
  };

  // Signing in over a page is rare: its script comes only when it is needed.
  document.addEventListener("overlay:opened", () => {
    if (!script?.dataset.signIn || document.querySelector("script[data-sign-in-loaded]")) return;
    const extra = document.createElement("script");
    extra.src = script.dataset.signIn;
    extra.dataset.signInLoaded = "";
    document.head.append(extra);
  });

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
