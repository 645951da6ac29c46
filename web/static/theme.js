// Runs before the page is drawn: the theme that was chosen, where one was. Everything else follows the system.
"use strict"

const chosen = localStorage.getItem("theme")
if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen
