// The page around a topping: answers the widget SDK's messages as Bigin would (topping.md B3).
// One frame a page: <iframe data-topping data-origin data-entity data-entity-id>; without an entity there is no PageLoad.
(() => {
  "use strict";
  const frame = document.querySelector("iframe[data-topping]");
  if (!frame) return;
  const origin = frame.dataset.origin;
  const uniqueID = `frame-${crypto.randomUUID()}`;
  let registered = false;

  const post = (message) => frame.contentWindow.postMessage({ type: "FRAMEWORK.EVENT", ...message }, origin);
  const note = (text) => {
    frame.dataset.state = text;
    document.querySelectorAll("[data-frame-state]").forEach((part) => { part.textContent = text; });
  };

  const register = () => {
    registered = true;
    post({
      eventName: "SET_CONTEXT",
      data: { uniqueID, model: {}, locale: document.documentElement.lang, localeResource: {}, connectors: {} },
    });
    const { entity, entityId } = frame.dataset;
    if (entity) post({ eventName: "PageLoad", data: { Entity: entity, EntityId: entityId } });
    note("connected");
  };

  const ask = async (path, query) => {
    const answer = await fetch(`/sdk/${path}?${new URLSearchParams(query)}`);
    if (!answer.ok) throw new Error(`${answer.status}`);
    return answer.json();
  };

  const config = (data) => {
    if (data.type === "CURRENT_USER") return ask("current-user", {});
    if (data.type === "ORG") return ask("org", {});
    if (data.type === "VARIABLE") return Promise.resolve({ Success: { Content: "" } });
    return Promise.reject(new Error("unknown CONFIG"));
  };

  const ui = (data) => {
    const action = data.action && data.action.popup ? data.action.popup : data.action;
    const size = data.data || data.APIData || {};
    if (action === "RESIZE") {
      const height = Number.parseInt(size.height, 10);
      if (height > 0) frame.height = String(Math.min(Math.max(height, 120), 6000));
    }
    if (action === "CLOSE_RELOAD") window.location.reload();
    return Promise.resolve({ status: "success" });
  };

  const handlers = {
    CONFIG: config,
    READ: (data) => ask("record", { entity: data.APIData.Entity, id: String([data.APIData.RecordID].flat()[0]) }),
    META: (data) => ask("fields", { entity: data.APIData.Entity }),
    UI: ui,
  };

  const answer = async (message) => {
    const handler = Object.hasOwn(handlers, message.data?.category) ? handlers[message.data.category] : null;
    try {
      if (!handler) throw new Error("not offered here");
      post({ eventName: "EVENT_RESPONSE", promiseid: message.promiseid, data: await handler(message.data) });
    } catch (error) {
      post({ eventName: "EVENT_RESPONSE_FAILURE", promiseid: message.promiseid, data: { message: error.message } });
    }
  };

  window.addEventListener("message", (event) => {
    const message = event.data;
    if (event.source !== frame.contentWindow || event.origin !== origin || message?.type !== "SDK.EVENT") return;
    if (message.eventName === "REGISTER") register();
    if (message.eventName === "DEREGISTER") registered = false;
    if (message.eventName === "CRM_EVENT" && registered) answer(message);
  });
  frame.src = frame.dataset.src;
})();
