// What is lost of the page on paper, laid out for print: a list of sentences.
(() => {
  const wrong = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    wrong.push(`printed, it is ${root.scrollWidth} wide on a paper of ${root.clientWidth}`);
  }
  const name = (element) => `${element.tagName}.${element.className.baseVal ?? element.className}`;
  for (const element of document.querySelectorAll("body *")) {
    const clips = getComputedStyle(element).overflowX !== "visible";
    if (clips && element.scrollWidth > element.clientWidth + 1) {
      wrong.push(`printed, ${name(element)} is cut`);
    }
  }
  for (const details of document.querySelectorAll("details")) {
    for (const child of details.children) {
      if (child.tagName === "SUMMARY") continue;
      if (!child.checkVisibility({ contentVisibilityAuto: true }) || !child.getClientRects().length) {
        wrong.push(`printed, ${name(child)} is folded`);
      }
    }
  }
  return wrong;
})();
