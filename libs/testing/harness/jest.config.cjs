module.exports = { displayName: 'testing-harness', preset: '../../../jest.preset.js' };
