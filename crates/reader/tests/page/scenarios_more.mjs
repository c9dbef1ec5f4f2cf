export const moreScenarios = [];
