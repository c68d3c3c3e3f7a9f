"use strict";
const gallery = document.getElementById("gallery");
const large = document.getElementById("large");
const switches = [...document.querySelectorAll("#tools input[data-layer]")];
const show = (box) => document.body.classList.toggle("no-" + box.dataset.layer, !box.checked);
switches.forEach((box) => { show(box); box.addEventListener("change", () => show(box)); });

document.getElementById("order").addEventListener("change", (event) => {
  const down = event.target.value.startsWith("-"), key = event.target.value.replace("-", "");
  const compare = key === "name" ? (a, b) => a.dataset.name.localeCompare(b.dataset.name)
    : (a, b) => (a.dataset[key] - b.dataset[key]) * (down ? -1 : 1);
  gallery.append(...[...gallery.children].sort(compare));
});

let enlarged = null;
function enlarge(picture) {
  enlarged = picture;
  const image = picture.querySelector("img");
  document.getElementById("large-name").textContent = image.alt;
  document.getElementById("large-scores").textContent = picture.parentElement.querySelector("figcaption p").textContent;
  large.style.setProperty("--aspect", image.getAttribute("width") / image.getAttribute("height"));
  document.getElementById("large-picture").replaceChildren(...[...picture.children].map((part) => part.cloneNode(true)));
  if (!large.open) large.showModal();
}
gallery.addEventListener("click", (event) => {
  const picture = event.target.closest("button.picture");
  if (picture) enlarge(picture);
});
large.addEventListener("close", () => enlarged && enlarged.focus());

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select")) return;
  const box = switches.find((one) => one.dataset.layer[0] === ({ g: "t" }[event.key] || event.key));
  if (box && event.key !== "t") { box.click(); return; }
  if (large.open && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
    const all = [...gallery.querySelectorAll("button.picture")];
    const next = all[all.indexOf(enlarged) + (event.key === "ArrowRight" ? 1 : -1)];
    if (next) { event.preventDefault(); enlarge(next); }
  }
});
