module.exports = { displayName: 'schema-compat', preset: '../../jest.preset.js' };
