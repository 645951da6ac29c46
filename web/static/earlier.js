// What a text was before is brought back into its field, for whoever looks at it to keep.

const choice = document.getElementById("earlier")
const text = document.getElementById("f-text")
const now = text.value

if (choice) {
  for (const one of choice.querySelectorAll("[data-at]")) one.textContent = [new Date(one.dataset.at * 1000).toLocaleString(), one.dataset.who].filter(Boolean).join(", ")
  choice.addEventListener("change", () => { text.value = choice.selectedOptions[0].dataset.text ?? now })
}
