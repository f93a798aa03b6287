// node:assert, as undici calls it.
module.exports = (condition, message = 'an assertion of undici failed') => {
  if (!condition) throw new TypeError(message);
};
