// Answers how many stops the Tab key makes on a page, and notes which of its controls it comes to.
const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')];
const controls = all.filter((control) => control.getClientRects().length > 0 && !control.disabled);
const reached = new Set();
document.addEventListener('focusin', (event) => reached.add(event.target));
window.outOfReach = () => controls.filter((control) => !reached.has(control)).map((control) => control.outerHTML);
// From the top, wherever the page put the focus by itself.
document.body.tabIndex = -1;
document.body.focus();
document.body.removeAttribute('tabindex');
// A field of a date and a time has up to eight parts.
return controls.reduce((stops, control) => stops + (control.type === 'datetime-local' ? 8 : 1), 0);
