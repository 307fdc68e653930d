// Plays recorded episodes; player.py fills in the two names in capitals: coordinates, and the id of the card.
(() => {
const data = DATA;
const host = document.currentScript?.parentElement ?? document.getElementById(NAME);
host.innerHTML = data.card;
const [button, scrubber, counter] = ["button", "input", "output"].map(tag => host.querySelector(tag));
const panels = [...host.querySelectorAll("figure")].map((panel, i) => ({...data.episodes[i],
  text: panel.querySelector("span"), lines: panel.querySelectorAll("line")}));
let time = 0, playing = false, before;
const show = () => {
  const step = Math.floor(time);
  for (const {last, moves, paths, words, text, lines} of panels) {
    const now = Math.min(step, last);
    for (const [index, start, path] of moves)
      lines[index >> 2].setAttribute(["x1", "y1", "x2", "y2"][index & 3], start + paths[path][now] / 10);
    text.textContent = step < last ? "step " + step : words;
  }
  scrubber.value = step;
  counter.textContent = `step ${step} of ${data.steps}`;
  scrubber.setAttribute("aria-valuetext", counter.textContent);
};
const play = on => {
  if (on && time >= data.steps) time = 0;
  playing = on;
  before = undefined;
  button.textContent = on ? "❚❚ Pause" : "▶ Play";
  if (on) requestAnimationFrame(tick);
};
const tick = now => {
  if (!playing) return;
  if (!host.isConnected) return play(false);
  // A tab that slept must not leap to the end.
  time = Math.min(time + Math.min(now - (before ?? now), 100) * data.fps / 1000, data.steps);
  before = now;
  show();
  time < data.steps ? requestAnimationFrame(tick) : play(false);
};
button.onclick = () => play(!playing);
scrubber.oninput = () => { play(false); time = +scrubber.value; show(); };
show();
if (!matchMedia("(prefers-reduced-motion: reduce)").matches)
  new IntersectionObserver((seen, observer) => {
    if (seen.some(entry => entry.isIntersecting)) { observer.disconnect(); play(true); }
  }, {threshold: 0.5}).observe(host);
})();
