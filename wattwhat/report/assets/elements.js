// Making elements. Whatever comes from the data goes in as text, never as markup.

const byId = (id) => document.getElementById(id);

// el('td', {class: 'number'}, 'text', child): null and undefined children are left out.
function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === 'on') for (const [event, handler] of Object.entries(value)) made.addEventListener(event, handler);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  for (const child of children.flat(Infinity)) if (child !== null && child !== undefined) made.append(child);
  return made;
}

function fill(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
}

const button = (words, press, attributes) =>
  el('button', { type: 'button', on: { click: press }, ...attributes }, words);

function field(words, input, hint) {
  return el('label', { class: 'field', title: hint }, el('span', null, words), input);
}

function select(words, options, chosen, choose) {
  const made = el('select', { on: { change: () => choose(made.value) } });
  for (const [value, shown, disabled] of options) {
    made.append(el('option', { value, selected: value === chosen, disabled: !!disabled }, shown));
  }
  return field(words, made);
}

// A choice within a sentence: its name is for those who hear it only.
function bareSelect(words, options, chosen, choose) {
  const made = el('select', { 'aria-label': words, on: { change: () => choose(made.value) } });
  for (const [value, shown] of options) made.append(el('option', { value, selected: value === chosen }, shown));
  return made;
}

function checkbox(words, checked, toggle) {
  const input = el('input', { type: 'checkbox', checked, on: { change: () => toggle(input.checked) } });
  return el('label', { class: 'check' }, input, words);
}

const SVG = 'http://www.w3.org/2000/svg';

function svg(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// A name between words: its letters, which may run from right to left, turn nothing around it.
const isolated = (words) => el('bdi', null, words);
// The same where only text can stand; names that run from left to right stay as they are.
const isolatedText = (words) => (/[^\u0000-\u058f]/.test(words) ? `\u2068${words}\u2069` : words);

// Wait for a pause, so that what is asked again and again is done once.
function debounced(work, wait) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...given), wait);
  };
}

// Once before the next picture is drawn, however often it was asked for: letters that are typed while thousands
// of rows are filtered wait for each other, and nobody waits for a letter that does not come.
function beforeNextPicture(work) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      work();
    });
  };
}
