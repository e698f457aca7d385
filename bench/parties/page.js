// The customer's page without its screens: window.party as chromium.js has it, but the call is the product's own.
(() => {
  const {use, camera, mouth} = party;
  const ink = {use() {}, captures: {encoded() {}}, roundTrip: 0};
  const stills = {use() {}};
  let call, peer;

  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...options) {
      super(...options);
      use((peer = this));
    }
  };

  Object.assign(party, {
    async answer(sdp, video) {
      const {Call} = await import("/web/call.js");
      const tracks = {audio: null, video: video ? await camera() : null};
      await new Promise((answered) => {
        const send = async ({type}) => type === "answer" && answered();
        call = new Call([], tracks, {send, ink, stills, onChange() {}});
        call.signalled({type: "offer", session: "bench", sdp});
      });
      while (peer.iceGatheringState !== "complete") await new Promise((done) => setTimeout(done, 20));
      return peer.localDescription.sdp;
    },

    connected: () => call.state === "connected",

    async speak() {
      call.replace("audio", await mouth());
    },
  });
})();
