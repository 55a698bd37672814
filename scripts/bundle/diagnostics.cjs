// `@dabh/diagnostics`: winston's log of itself, for whoever develops winston. It loads tables of colours first.
module.exports = () => () => {};
