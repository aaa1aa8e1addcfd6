// The whole of what Zoho hosts: learns from Bigin which record this is, then goes to the app's own page in this very
// frame, taking the query along, for it holds `serviceOrigin`. What Bigin says is a hint; the app asks Bigin itself.
(() => {
  "use strict";
  const PATIENCE = 3000;
  const HEIGHT = 640;
  const page = document.body.dataset.page;
  const query = new URLSearchParams(location.search);
  const byId = (id) => document.getElementById(id);

  const originOf = (text) => {
    try {
      return new URL(text).origin;
    } catch {
      return "";
    }
  };
  const around = originOf(query.get("serviceOrigin") || "");

  const addressOf = (record) => {
    const address = new URL(`/embed/${page}/`, window.BOOKS_FOR_BIGIN);
    query.forEach((value, name) => address.searchParams.append(name, value));
    if (record) {
      address.searchParams.set("Entity", record.Entity);
      [record.EntityId].flat().slice(0, 1).forEach((id) => address.searchParams.set("EntityId", String(id)));
    }
    return address.href;
  };
  const go = (record) => location.replace(addressOf(record));

  const standAlone = () => {
    const own = new URL(`/embed/${page}/`, window.BOOKS_FOR_BIGIN);
    byId("window").href = own.href;
    byId("again").addEventListener("click", () => location.reload());
    byId("opening").hidden = true;
    byId("alone").hidden = false;
  };

  const send = (message) => {
    const appOrigin = encodeURIComponent(location.origin + location.pathname);
    window.parent.postMessage({ type: "SDK.EVENT", appOrigin, ...message }, around);
  };

  // The app's page may not reach Bigin any more once this frame has gone there, so the height is asked for here.
  const resize = (uniqueID) => {
    const data = { category: "UI", action: "RESIZE", data: { height: String(HEIGHT), width: "100%" }, sdkVersion: "1" };
    send({ eventName: "CRM_EVENT", uniqueID, time: Date.now(), promiseid: "Promise100", data });
  };

  const listen = (giveUp) => (event) => {
    const message = event.data;
    if (event.source !== window.parent || event.origin !== around || message?.type !== "FRAMEWORK.EVENT") return;
    if (message.eventName === "SET_CONTEXT") resize(message.data?.uniqueID);
    if (message.eventName === "PageLoad" && message.data?.Entity && [message.data.EntityId].flat().length) {
      clearTimeout(giveUp);
      go(message.data);
    }
  };

  if (!document.body.hasAttribute("data-needs-record")) {
    go(null);
    return;
  }
  if (window.parent === window || !around) {
    standAlone();
    return;
  }
  window.addEventListener("message", listen(setTimeout(standAlone, PATIENCE)));
  send({ eventName: "REGISTER" });
})();
