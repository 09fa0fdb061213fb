module.exports = { displayName: 'testing-simulation', preset: '../../../jest.preset.js' };
