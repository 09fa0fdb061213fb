module.exports = { displayName: 'migrations-server', preset: '../../../jest.preset.js' };
