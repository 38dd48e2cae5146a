/** Lowest first: a folder may import those before it, never those after it. Siblings in one entry are strangers. */
const layers = [
  ['diagnostic'],
  ['spec'],
  ['topology'],
  ['tuning', 'secrets'],
  ['components'],
  ['rules', 'checks', 'alerts', 'plan'],
  ['hosts'],
  ['pki'],
  ['cluster'],
  ['apply', 'backup'],
  ['fence', 'ledger', 'drill-schedule'],
  ['operations'],
  ['agent'],
  ['cli'],
]

const source = '^packages/pgherd/(?:dependency-canary/)?src'
/** What only tests use says so in its name, and may do what the product may not. */
const tests = '[.](test|testkit|fixture)[.]ts$'

const upward = layers.flatMap((folders, level) =>
  folders.map((folder) => ({
    name: `${folder}-imports-upward`,
    comment: `${folder}/ may import only what stands before it in .dependency-cruiser.js; move the code down, or pass it in`,
    severity: 'error',
    from: { path: `${source}/${folder}/`, pathNot: tests },
    to: {
      path: `${source}/(${layers
        .flatMap((others, index) =>
          index > level ? others : index === level ? others.filter((other) => other !== folder) : [],
        )
        .concat('main[.]ts')
        .join('|')})(/|$)`,
    },
  })),
)

const pureFolders = '(diagnostic|spec|topology|tuning|secrets|components|rules|checks|alerts|plan)'
const effects =
  '^(node:)?(fs|fs/promises|child_process|net|http|https|http2|tls|dgram|dns|os|worker_threads|cluster|sqlite|timers|timers/promises)$'

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...upward,
    {
      name: 'pure-folder-has-effects',
      comment:
        'everything up to plan/ is pure: no file system, network or process; move the effect to hosts/ or apply/',
      severity: 'error',
      from: { path: `${source}/${pureFolders}/`, pathNot: tests },
      to: { path: effects },
    },
    {
      name: 'siblings-are-strangers',
      comment:
        'components meet in components/registry.ts; what two of them need belongs into a file of components/ itself, or into components/access (who may come in), which is no component',
      severity: 'error',
      from: { path: `${source}/(components|hosts|operations)/([^/]+)/`, pathNot: tests },
      to: { path: `${source}/$1/[^/]+/`, pathNot: [`${source}/$1/$2/`, `${source}/components/access/`] },
    },
    {
      name: 'no-cycles',
      comment: 'two modules that need each other are one module, or hide a third',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'nothing-imports-a-test',
      comment: 'move what is shared out of the test file',
      severity: 'error',
      from: {},
      to: { path: '[.]test[.]ts$' },
    },
    {
      name: 'no-testkit-in-the-product',
      comment: 'what a .testkit.ts or .fixture.ts does is for tests alone',
      severity: 'error',
      from: { path: source, pathNot: tests },
      to: { path: tests },
    },
    {
      name: 'no-testbed-in-the-product',
      comment: 'the testbed is private: only tests and benchmarks use it',
      severity: 'error',
      from: { path: source, pathNot: tests },
      to: { path: '^packages/testbed/' },
    },
    {
      name: 'library-imports-platform',
      comment: 'the libraries stand alone on npm: what both need is copied, or becomes a library',
      severity: 'error',
      from: {
        path: '^packages/((migrate|eventstore|bitemporal)/src|pgherd/dependency-canary/library)/',
        pathNot: tests,
      },
      to: { path: ['^packages/testbed/', source] },
    },
    {
      name: 'not-to-unresolvable',
      comment: 'the import leads nowhere',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.js'],
    },
  },
}
