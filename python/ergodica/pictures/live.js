// The picture, curves, progress and buttons of a running job. The kernel sets frame (RGB), points (float32, line after line) and shown (what they are,
// with the numbers of the status); a new value of shown comes last.
const COLOURS = ["#1f4e9c", "#c8553d", "#4a8f5b", "#8a5fa8", "#b8862b", "#3a9aa6"];
const WIDE = 320, HIGH = 150, LEFT = 52, BELOW = 18;

function make(parent, tag, style, attributes = {}) {
  const e = document.createElement(tag);
  e.style.cssText = style;
  Object.assign(e, attributes);
  parent.append(e);
  return e;
}

function bytes(view) {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function paint(canvas, rgb, rows, columns) {
  canvas.width = columns;
  canvas.height = rows;
  const scale = Math.max(1, Math.floor(384 / Math.max(rows, columns)));
  canvas.style.width = `${columns * scale}px`;
  canvas.style.height = `${rows * (rows < 8 ? 16 : scale)}px`;
  const image = new ImageData(columns, rows);
  for (let k = 0, p = 0; k < image.data.length; k += 4) {
    image.data[k] = rgb[p++];
    image.data[k + 1] = rgb[p++];
    image.data[k + 2] = rgb[p++];
    image.data[k + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

function short(x) {
  return x !== 0 && (Math.abs(x) < 1e-3 || Math.abs(x) >= 1e5) ? x.toExponential(2) : String(Number(x.toPrecision(4)));
}

function draw(canvas, curve, lines) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = WIDE * ratio;
  canvas.height = HIGH * ratio;
  const c = canvas.getContext("2d");
  c.scale(ratio, ratio);
  c.font = "11px sans-serif";
  c.fillStyle = "#777";
  let low = Infinity, high = -Infinity;
  for (const line of lines) for (const y of line) if (isFinite(y)) { low = Math.min(low, y); high = Math.max(high, y); }
  if (low > high) { c.fillText(`${curve.name}: nothing yet`, LEFT, HIGH / 2); return; }
  const room = high > low ? high - low : Math.abs(high) || 1, middle = (high + low) / 2;
  const across = (k, n) => LEFT + (WIDE - LEFT - 8) * (n > 1 ? k / (n - 1) : 0.5);
  const up = (y) => 16 + (HIGH - 16 - BELOW) * (0.5 - (y - middle) / room);
  c.textAlign = "right";
  c.fillText(short(high), LEFT - 4, up(high > low ? high : middle) + 4);
  if (high > low) c.fillText(short(low), LEFT - 4, up(low) + 4);
  c.fillText(short(curve.x[1]), WIDE - 8, HIGH - 4);
  c.textAlign = "left";
  c.fillText(short(curve.x[0]), LEFT, HIGH - 4);
  c.strokeStyle = "#ccc";
  c.strokeRect(LEFT, 12, WIDE - LEFT - 8, HIGH - 12 - BELOW + 4);
  lines.forEach((line, l) => {
    c.strokeStyle = COLOURS[l % COLOURS.length];
    c.beginPath();
    let pen = false;
    line.forEach((y, k) => {
      if (!isFinite(y)) { pen = false; return; }
      if (pen) c.lineTo(across(k, line.length), up(y));
      else c.moveTo(across(k, line.length), up(y));
      pen = true;
    });
    c.stroke();
  });
}

function render({ model, el }) {
  const box = make(el, "div", "font: 13px sans-serif; max-width: 1020px", { className: "ergodica-live" });
  const head = make(box, "div", "display: flex; gap: 8px; align-items: center; margin: 4px 0");
  const pause = make(head, "button", "", { textContent: "Pause", title: "Hold the job at the next point from which it can go on" });
  const stop = make(head, "button", "", { textContent: "Stop", title: "End the job and keep what it recorded" });
  const bar = make(head, "progress", "width: 160px", { max: 1 });
  const status = make(head, "span", "font-variant-numeric: tabular-nums", { className: "ergodica-status" });
  const body = make(box, "div", "display: flex; flex-wrap: wrap; gap: 12px; align-items: flex-start");
  const picture = make(body, "canvas", "image-rendering: pixelated; border: 1px solid #ccc", { className: "ergodica-picture" });
  picture.setAttribute("role", "img");
  const plots = make(body, "div", "display: flex; flex-wrap: wrap; gap: 8px; max-width: 660px");
  const curves = new Map();
  pause.onclick = () => model.send({ do: model.get("shown").state === "paused" ? "resume" : "pause" });
  stop.onclick = () => model.send({ do: "stop" });

  const update = () => {
    const shown = model.get("shown");
    if (!shown || !shown.state) return;
    const active = shown.state === "running" || shown.state === "paused";
    pause.textContent = shown.state === "paused" ? "Resume" : "Pause";
    pause.style.display = active && shown.buttons.includes("pause") ? "" : "none";
    stop.style.display = active && shown.buttons.includes("stop") ? "" : "none";
    bar.style.display = shown.share === null ? "none" : "";
    bar.value = shown.share || 0;
    status.textContent = shown.status;
    picture.style.display = shown.rows ? "" : "none";
    picture.setAttribute("aria-label", shown.title);
    if (shown.rows) paint(picture, bytes(model.get("frame")), shown.rows, shown.columns);
    const raw = bytes(model.get("points")), points = new Float32Array(raw.slice().buffer);
    let at = 0;
    for (const curve of shown.curves) {
      if (!curves.has(curve.name)) {
        const figure = make(plots, "figure", "margin: 0");
        const caption = make(figure, "figcaption", `padding-left: ${LEFT}px`);
        curves.set(curve.name, { caption, canvas: make(figure, "canvas", `width: ${WIDE}px; height: ${HIGH}px`, { className: "ergodica-curve" }) });
      }
      const lines = [];
      for (let l = 0; l < curve.lines; l++, at += curve.points) lines.push(points.subarray(at, at + curve.points));
      const { caption, canvas } = curves.get(curve.name);
      caption.textContent = `${curve.name} ${curve.last}`;
      canvas.setAttribute("aria-label", caption.textContent);
      draw(canvas, curve, lines);
    }
  };
  model.on("change:shown", update);
  update();
  return () => model.off("change:shown", update);
}

export default { render };
