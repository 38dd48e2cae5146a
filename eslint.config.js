import tseslint from 'typescript-eslint'

/** Folders whose code is a function of its arguments: no clock, no process, no network, no randomness. */
const pure = ['diagnostic', 'spec', 'topology', 'tuning', 'secrets', 'components', 'checks', 'plan'].map(
  (folder) => `packages/pgherd/src/${folder}/**/*.ts`,
)

const shellString = 'a shell string lets data become commands; pass argv to spawn or execFile instead'

export default tseslint.config(
  {
    ignores: ['**/dist/**', '**/node_modules/**', '**/dependency-canary/**', '**/testdata/**', 'docs/api/**'],
  },
  ...tseslint.configs.recommendedTypeChecked.map((config) => ({ ...config, files: ['**/*.ts'] })),
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'max-lines': ['error', 400],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'node:child_process', importNames: ['exec', 'execSync'], message: shellString }] },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: "Property[key.name='shell'][value.value=true]", message: shellString },
      ],
    },
  },
  {
    // node:test-like runners hand out promises that vitest awaits, and assertions read loosely typed rows
    files: [
      '**/*.test.ts',
      '**/*.testkit.ts',
      '**/*.fixture.ts',
      'packages/testbed/**/*.ts',
      'packages/pgherd/test/**/*.ts',
      'benchmarks/**/*.ts',
    ],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    // what every command loads: undici, which all of these bring in, takes 80 ms of the processor
    files: ['packages/pgherd/src/**/*.ts'],
    ignores: ['**/*.test.ts', '**/*.testkit.ts', '**/*.fixture.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: 'node:http',
              allowTypeImports: true,
              message: "an import loads undici; process.getBuiltinModule('node:http') does not",
            },
          ],
        },
      ],
      'no-restricted-globals': [
        'error',
        { name: 'fetch', message: 'it loads undici; httpText (hosts/http-text.ts) does not' },
      ],
    },
  },
  {
    files: pure,
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['process', 'fetch', 'setTimeout', 'setInterval', 'performance'].map((name) => ({
          name,
          message: 'this folder is pure: take what you need as an argument',
        })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'take the time as an argument' },
        { object: 'Math', property: 'random', message: 'take randomness as an argument' },
      ],
    },
  },
)
