/** The IDs of the commands. */

export const CommandIDs = {
  insertCell: 'nbtrain:insert-cell',
  openForm: 'nbtrain:open-form',
  /** Provided by the plugin `nbtrain:cells`: a form for the active cell. */
  openCellForm: 'nbtrain:open-cell-form',
  openRuns: 'nbtrain:open-runs',
  compare: 'nbtrain:compare',
  exportRun: 'nbtrain:export-run'
} as const;
