// After chromium.js: the camera is the screen; who watches notes the clock of each picture, and keeps one now and then.
(() => {
  const BITS = 16, SQUARE = 24, WIDTH = 1920, HEIGHT = 1080;
  const KEEP_MS = 2500;
  const seen = [], kept = [];
  let newest;

  // Its default is 1280 x 720; with the hint it keeps all pixels and drops pictures.
  navigator.mediaDevices.getUserMedia = async () => {
    const video = {width: WIDTH, height: HEIGHT, frameRate: 30};
    const stream = await navigator.mediaDevices.getDisplayMedia({video});
    stream.getVideoTracks()[0].contentHint = "text";
    return stream;
  };

  async function shades(frame, rect) {
    const data = new Uint8Array(frame.allocationSize({rect}));
    const [{offset, stride}] = await frame.copyTo(data, {rect});
    return {data, offset, stride};
  }

  // The mean shade around the middle of each square of desktop.py's clock, row by row.
  async function clock(frame) {
    const size = (SQUARE * frame.visibleRect.width) / WIDTH;
    const rect = {x: 0, y: 0, width: 2 * Math.ceil((BITS * size) / 2), height: 2 * Math.ceil(size)};
    const {data, offset, stride} = await shades(frame, rect);
    const reach = Math.max(1, Math.floor(size / 4));
    const mean = (x, y) => {
      let sum = 0;
      for (let row = y - reach; row < y + reach; row++)
        for (let column = x - reach; column < x + reach; column++) sum += data[offset + row * stride + column];
      return sum / (4 * reach * reach);
    };
    return [0.5, 1.5].map((y) =>
      Array.from({length: BITS}, (_, bit) => mean(Math.floor((bit + 0.5) * size), Math.floor(y * size))));
  }

  async function keep() {
    const frame = newest?.clone();
    if (!frame) return;
    const {width, height} = frame.visibleRect;
    const {data, offset, stride} = await shades(frame, {x: 0, y: 0, width, height});
    frame.close();
    const rows = Array.from({length: height}, (_, row) => data.slice(offset + row * stride, offset + row * stride + width));
    kept.push({width, height, rows, time: performance.timeOrigin + performance.now()});
  }

  Object.assign(window.party, {
    async watch(track) {
      const reader = new MediaStreamTrackProcessor({track, maxBufferSize: 3}).readable.getReader();
      setInterval(keep, KEEP_MS);
      for (;;) {
        const {value, done} = await reader.read();
        if (done) return;
        const time = performance.timeOrigin + performance.now();
        newest?.close();
        newest = value;
        seen.push([time, await clock(value)]);
      }
    },
    seen: () => seen,
    kept: () => kept.length,
    async picture(index) {
      const {rows, ...rest} = kept[index];
      return {...rest, shades: await party.encoded(rows)};
    },
  });
})();
