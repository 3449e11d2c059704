// SPDX-License-Identifier: MIT
// What people do: tap at a counter, rate on a phone, work at the desk; and forms sent by hand.

/** The value of a form's hidden field in a page's text. */
function hidden(html, name) {
  const found = html.match(new RegExp(`name="${name}" value="([^"]*)"`));
  if (!found) throw new Error(`the page has no field ${name}`);
  return found[1];
}

/** Opens a page by plain HTTP and gives the fields that its form sends with an answer. */
export async function openForm(address) {
  const answer = await fetch(address);
  const html = await answer.text();
  if (answer.status !== 200) throw new Error(`the form answers ${answer.status}`);
  const fields = ["token", "part", "page", "lang"].map((name) => [name, hidden(html, name)]);
  return { target: new URL("/api/v1/responses", address), fields: Object.fromEntries(fields) };
}

/** Sends an opened form; gives {status, json}. */
export async function sendForm(form, answer) {
  const sent = await fetch(form.target, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams({ ...form.fields, ...answer }),
  });
  const text = await sent.text();
  let json = null;
  try {
    json = JSON.parse(text);
  } catch {
    // A refusal may be a page.
  }
  return { status: sent.status, json, text };
}

export function face(page, level, item = "overall") {
  return page.locator(`button[name="${item}"][value="${level}"]`);
}

/** From a counter's invitation to its faces. */
export async function chooseArea(page, area) {
  await page.locator("main.start a.huge").click();
  await page.locator(`.tiles a[href*="/${area}"]`).click();
  await face(page, 1).waitFor();
}

/** Leaves every further step until the thanks; `visit` is called on each with its page's name. */
export async function skipToThanks(page, visit = async () => {}) {
  // What was pressed before may still be on its way: that page is busy and about to be replaced.
  const thanks = page.locator("body:not(.busy) main.thanks");
  const skip = page.locator('body:not(.busy) button[name="end"][value="skip"]');
  for (;;) {
    await thanks.or(skip).first().waitFor();
    if (await thanks.isVisible()) return;
    await visit(await page.locator('input[name="page"]').inputValue());
    await skip.click();
  }
}
