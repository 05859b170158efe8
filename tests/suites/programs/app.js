// What a JavaScript component asks of its host: console, clock, randomness.
export const run = {
  run() {
    const words = {};
    for (let i = 0; i < 20000; ++i) {
      const word = (i * 7919 % 1013).toString(36);
      words[word] = (words[word] ?? 0) + 1;
    }
    console.log("words", Object.keys(words).length, JSON.stringify(words).length);
    console.log("random", Math.random(), "now", new Date().toISOString());
    console.error("to the other stream", [1, 2, 3].map((x) => x ** 3).join(","));
  },
};
