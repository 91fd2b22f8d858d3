// Answers what is wrong with a page for whoever reads it: on any screen, with other eyes, or with a program that reads aloud.
const faults = [];
const wrong = (what, element) => faults.push(element ? `${what}: ${element.outerHTML.slice(0, 200)}` : what);
const isShown = (element) => element.getClientRects().length > 0;
const shown = (selector) => [...document.querySelectorAll(selector)].filter(isShown);

if (!document.documentElement.lang) wrong('no language');
if (!document.title.trim()) wrong('no title');
if (shown('h1').length !== 1) wrong(`${shown('h1').length} main headings`);
if (shown('main').length !== 1) wrong(`${shown('main').length} main parts`);
if (!document.querySelector('meta[name=viewport]')) wrong('telephones shrink it');
let level = 1;
for (const heading of shown('h1, h2, h3, h4')) {
  const own = Number(heading.tagName[1]);
  if (own > level + 1) wrong('a level of headings is left out', heading);
  level = own;
}

for (const field of shown('input, select, textarea')) {
  if (!field.labels?.length && !field.getAttribute('aria-label')) wrong('a field without a label', field);
}
for (const control of shown('button, a[href], summary')) {
  if (!control.textContent.trim()) wrong('a control without words', control);
  if (control.tagName === 'BUTTON' && control.getBoundingClientRect().height < 24) wrong('too small for a finger', control);
}
for (const image of document.images) {
  if (!image.hasAttribute('alt')) wrong('a picture without words', image);
}
const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
if (new Set(ids).size !== ids.length) wrong(`ids that are not unique: ${ids}`);

const root = document.scrollingElement;
if (root.scrollWidth > root.clientWidth) {
  wrong(`${root.scrollWidth} pixels wide, and ${root.clientWidth} are there`);
  const beyond = shown('body *').filter((element) => element.getBoundingClientRect().right > root.clientWidth + 1);
  if (beyond.length) wrong('it reaches out', beyond.at(-1));
}

// Contrast as WCAG 2.2 defines it (1.4.3): 4.5 for text, 3 for large text. Canvas turns any notation of a colour into bytes.
const canvas = Object.assign(document.createElement('canvas'), {width: 1, height: 1}).getContext('2d', {willReadFrequently: true});
const bytes = (colour) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const luminance = (colour) => {
  const [red, green, blue] = colour.map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const paper = bytes(matchMedia('(prefers-color-scheme: dark)').matches ? '#121212' : '#ffffff');
const ground = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const colour = bytes(getComputedStyle(at).backgroundColor);
    if (colour[3] === 255) return colour;
  }
  return paper;
};
const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
for (const element of shown('body *').filter(hasText)) {
  if (element.disabled || element.tagName === 'OPTION') continue;
  const style = getComputedStyle(element);
  const [one, other] = [luminance(bytes(style.color)), luminance(ground(element))];
  const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  const size = parseFloat(style.fontSize);
  const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
  if (contrast < needed) wrong(`contrast ${contrast.toFixed(2)}, ${style.color} on ${ground(element)}`, element);
}
return faults;
