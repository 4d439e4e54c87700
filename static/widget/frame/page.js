// What nearly every module asks of the document.

export const root = document.documentElement;
export const byId = (id) => document.getElementById(id);
