/** `node --require`: a clock that jumps by ten years, back and forth, every tenth of a second. Monotonic time goes on. */
const RealDate = Date;
const tenYears = 315_576_000_000;
const jump = () => [0, tenYears, -tenYears][Math.floor(performance.now() / 100) % 3];

globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + jump());
    else super(...given);
  }
  static now() {
    return RealDate.now() + jump();
  }
};
