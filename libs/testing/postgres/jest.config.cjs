module.exports = { displayName: 'testing-postgres', preset: '../../../jest.preset.js' };
