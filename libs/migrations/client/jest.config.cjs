module.exports = { displayName: 'migrations-client', preset: '../../../jest.preset.js' };
