// The planner's token: kept for as long as this tab is open, and nowhere else.
const NAME = "yizhan.planner";

export const token = () => sessionStorage.getItem(NAME);
export const keepToken = (text) => sessionStorage.setItem(NAME, text);
export const forgetToken = () => sessionStorage.removeItem(NAME);
