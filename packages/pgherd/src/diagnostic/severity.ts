/** How grave a finding is: an error must be mended, a warning should be, an info is for knowing. */
export type Severity = 'error' | 'warning' | 'info'
