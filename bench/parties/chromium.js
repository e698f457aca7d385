// A plain page on a call: window.party is told what to do by chromium.py.
(() => {
  const PLAIN = {echoCancellation: false, noiseSuppression: false, autoGainControl: false};
  const taps = {};
  let pc;

  // Every 10 ms of a track as it passes, with the browser's own time stamps (microseconds of an origin of its own).
  async function tap(name, track) {
    const tape = (taps[name] = {rate: 48000, frames: 480, stamps: [], sound: [], origin: Infinity});
    const reader = new MediaStreamTrackProcessor({track, maxBufferSize: 200}).readable.getReader();
    for (;;) {
      const {value, done} = await reader.read();
      if (done) return;
      const samples = new Float32Array(value.numberOfFrames);
      value.copyTo(samples, {planeIndex: 0, format: "f32-planar"});
      tape.rate = value.sampleRate;
      tape.frames = value.numberOfFrames;
      tape.stamps.push(value.timestamp);
      tape.sound.push(Int16Array.from(samples, (each) => Math.max(-1, Math.min(1, each)) * 32767));
      // The promptest look says where the origin is.
      tape.origin = Math.min(tape.origin, performance.timeOrigin + performance.now() - value.timestamp / 1000);
      value.close();
    }
  }

  function arrived({track}) {
    if (taps.heard && track.kind === "audio") return; // again, after a pause
    const element = document.createElement(track.kind);
    element.srcObject = new MediaStream([track]);
    element.muted = track.kind === "video";
    document.body.append(element);
    element.play();
    if (track.kind === "audio") tap("heard", track);
    else window.party.watch?.(track);
  }

  function use(connection) {
    pc = connection;
    pc.addEventListener("track", arrived);
  }

  async function described() {
    await pc.setLocalDescription();
    while (pc.iceGatheringState !== "complete") await new Promise((done) => setTimeout(done, 20));
    return pc.localDescription.sdp;
  }

  async function camera() {
    return (await navigator.mediaDevices.getUserMedia({video: true})).getVideoTracks()[0];
  }

  async function encoded(pieces) {
    const reader = new FileReader();
    const read = new Promise((done) => (reader.onload = done));
    reader.readAsDataURL(new Blob(pieces));
    await read;
    return reader.result.split(",")[1];
  }

  window.party = {
    use,
    camera,
    encoded,
    now: () => performance.timeOrigin + performance.now(),

    async offer(video) {
      use(new RTCPeerConnection());
      pc.addTransceiver("audio");
      if (video) pc.addTrack(await camera());
      return described();
    },

    async answer(sdp, video) {
      use(new RTCPeerConnection());
      await pc.setRemoteDescription({type: "offer", sdp});
      for (const each of pc.getTransceivers()) {
        if (each.receiver.track.kind === "audio") each.direction = "sendrecv";
        else if (video && each.mid === "1") { // not a screen
          each.direction = "sendrecv";
          await each.sender.replaceTrack(await camera());
        }
      }
      return described();
    },

    accept: (sdp) => pc.setRemoteDescription({type: "answer", sdp}),
    connected: () => pc.connectionState === "connected",

    async mouth() {
      const track = (await navigator.mediaDevices.getUserMedia({audio: PLAIN})).getAudioTracks()[0];
      tap("said", track.clone());
      return track;
    },

    async speak() {
      const track = await this.mouth();
      await pc.getTransceivers().find((each) => each.receiver.track.kind === "audio").sender.replaceTrack(track);
    },

    async tape(name) {
      const {sound, ...rest} = taps[name];
      return {...rest, stamps: rest.stamps.slice(0, sound.length), sound: await encoded(sound)};
    },

    async numbers() {
      const found = {};
      for (const report of (await pc.getStats()).values())
        if (report.type === "inbound-rtp" && report.kind === "audio")
          for (const [name, value] of Object.entries(report)) if (typeof value === "number") found[name] = value;
      return found;
    },
  };
})();
