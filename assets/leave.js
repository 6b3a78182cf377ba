// Logging out deletes what the page for the site kept on this device. What was not sent yet is asked about first.
import { count, forget, used } from "./onsite-store.js";

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const who = document.body.dataset.who || "";
  if (!form.matches("form[data-unsent]") || !who || !used(who)) return;
  event.preventDefault();
  const waiting = count(who);
  if (waiting && !window.confirm(form.dataset.unsent.replace("{n}", waiting))) return;
  await forget(who);
  form.submit();
});
