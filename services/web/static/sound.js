// Sounds of alarms that nobody has taken on yet: one pattern a severity, until the button is pressed. Made here, so that no file has to be fetched.
"use strict";
(() => {
  const PATTERNS = {
    critical: { every_ms: 1_500, tones: [[880, 0.22], [660, 0.22], [880, 0.22]] },
    high: { every_ms: 4_000, tones: [[740, 0.25], [740, 0.25]] },
    medium: { every_ms: 15_000, tones: [[520, 0.3]] },
  };
  const button = document.getElementById("sound");
  const audio = new AudioContext();
  let played_at = -Infinity;

  function worst() {
    const waiting = [...document.querySelectorAll("[data-alarm][data-severity]")].filter((alarm) => alarm.querySelector("button"));
    return Object.keys(PATTERNS).find((severity) => waiting.some((alarm) => alarm.dataset.severity === severity));
  }
  function play(tones) {
    let at = audio.currentTime + 0.02;
    for (const [pitch_hz, long_s] of tones) {
      const tone = new OscillatorNode(audio, { type: "triangle", frequency: pitch_hz });
      const loudness = new GainNode(audio, { gain: 0 });
      loudness.gain.setValueAtTime(0, at);
      loudness.gain.linearRampToValueAtTime(0.5, at + 0.02);
      loudness.gain.linearRampToValueAtTime(0, at + long_s);
      tone.connect(loudness).connect(audio.destination);
      tone.start(at);
      tone.stop(at + long_s);
      at += long_s + 0.04;
    }
  }
  function look() {
    const severity = worst();
    button.hidden = audio.state === "running" || !severity;
    if (audio.state !== "running" || !severity || performance.now() - played_at < PATTERNS[severity].every_ms) return;
    played_at = performance.now();
    play(PATTERNS[severity].tones);
  }
  // A browser lets a page sound only after somebody has touched it.
  for (const touch of ["pointerdown", "keydown"]) document.addEventListener(touch, () => audio.resume(), { passive: true });
  setInterval(look, 250);
})();
