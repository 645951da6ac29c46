// The forms by which somebody comes in: sent as JSON, which no form of another site can do; what is wrong is said beside the button.

const form = document.querySelector("form.enter");
const said = form.querySelector("[role=alert]");

function tell(problem) {
  said.textContent = problem.fix ? `${problem.detail}: ${problem.fix}` : problem.detail;
  said.hidden = false;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  said.hidden = true;
  for (const field of form.querySelectorAll("[data-same]")) {
    if (field.value !== form.elements[field.dataset.same].value) {
      tell({ detail: "the two passwords are not the same" });
      field.focus();
      return;
    }
  }
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const answer = await fetch(form.dataset.send, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF": document.querySelector("meta[name=csrf]").content },
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
    });
    if (answer.ok) {
      location.assign(form.dataset.onward);
      return;
    }
    tell(await answer.json());
  } catch {
    tell({ detail: "the server does not answer", fix: "is the service running?" });
  }
  button.disabled = false;
});
