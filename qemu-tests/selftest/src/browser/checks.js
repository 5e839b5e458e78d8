// What is wrong with the page as it is laid out now: a list of sentences.
(() => {
  const wrong = [];
  const root = document.documentElement;
  // Not innerWidth: a phone zooms out until all of a page fits that is too wide.
  const width = root.clientWidth;
  const inside = (wide) => {
    for (let up = wide.parentElement; up; up = up.parentElement) {
      if (getComputedStyle(up).overflowX !== "visible") return true;
    }
    return false;
  };
  for (const open of [false, true]) {
    for (const details of document.querySelectorAll("details")) details.open = open || details.open;
    const state = open ? "with everything open" : "as it loads";
    if (root.scrollWidth > width) {
      wrong.push(`${state} it is ${root.scrollWidth} wide in a window of ${width}`);
      for (const element of document.querySelectorAll("body *")) {
        const box = element.getBoundingClientRect();
        if (box.right > width + 1 && !inside(element)) {
          wrong.push(`${element.tagName}.${element.className} ends at ${Math.round(box.right)}`);
        }
      }
    }
  }
  // Letters of labels have to be apart; a box has room above and below them.
  const boxes = [...document.querySelectorAll("svg.tl text")].map((text) => [
    text.textContent,
    text.getBoundingClientRect(),
  ]);
  for (const [at, [one, a]] of boxes.entries()) {
    for (const [other, b] of boxes.slice(at + 1)) {
      const beside = a.right <= b.left + 1 || b.right <= a.left + 1;
      const apart = a.bottom <= b.top + 3 || b.bottom <= a.top + 3;
      if (one && other && !beside && !apart) wrong.push(`labels overlap: "${one}" and "${other}"`);
    }
  }
  const svg = document.querySelector("svg.tl");
  if (svg) {
    const edge = svg.getBoundingClientRect();
    for (const [text, box] of boxes) {
      if (box.left < edge.left - 1 || box.right > edge.right + 1) wrong.push(`"${text}" is cut off`);
    }
  }
  if (document.scripts.length) wrong.push("it has a script");
  if (document.querySelectorAll("h1").length !== 1) wrong.push("it has not one h1");
  const size = parseFloat(getComputedStyle(document.body).fontSize);
  if (size < 16) wrong.push(`text is ${size} px`);
  // On the first screen: the cause and the beginning of what to do.
  const fix = document.querySelector("pre.fix");
  if (fix && fix.getBoundingClientRect().top + scrollY > innerHeight) {
    wrong.push("what to do is below the first screen");
  }
  return wrong;
})();
