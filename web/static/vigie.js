// Comfort only: every page works without it.
(() => {
  const facets = document.querySelector("details.facets");
  if (facets) {
    const small = window.matchMedia("(max-width: 60rem)");
    const fold = () => { facets.open = !small.matches; };
    fold();
    small.addEventListener("change", fold);
  }
  document.querySelectorAll("form[data-once]").forEach((form) => {
    form.addEventListener("submit", () => {
      form.querySelectorAll("button").forEach((button) => { button.disabled = true; });
    });
  });
  document.addEventListener("keydown", (event) => {
    const box = document.getElementById("q");
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
    if (event.key === "/" && box && !typing) { event.preventDefault(); box.focus(); }
  });
})();
