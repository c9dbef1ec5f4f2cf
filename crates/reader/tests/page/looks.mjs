export const looks = [];
