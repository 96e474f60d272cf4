/**
 * Presses a choice for one grant, and fills in the dialog that asks for the reviewer's name if the page doesn't
 * know it yet.
 */
export async function decide(page, row, choice, name = "Ann Reviewer") {
  const button = row.getByRole("button", { name: choice, exact: true });
  const pressed = row.getByRole("button", { name: choice, exact: true, pressed: true });
  const dialog = page.getByRole("dialog");
  await button.click();
  await pressed.or(dialog).first().waitFor();
  if (await dialog.isVisible()) {
    await dialog.getByLabel("Your name").fill(name);
    await dialog.locator("button.main").click();
  }
  await pressed.waitFor();
}

/** Decides with a note, in the dialog. */
export async function decideWithNote(page, row, choice, note, name = "Ann Reviewer") {
  const dialog = page.getByRole("dialog");
  await row.getByRole("button", { name: /note$/ }).click();
  await dialog.getByRole("radio", { name: choice }).check();
  await dialog.getByLabel("Note").fill(note);
  await dialog.getByLabel("Your name").fill(name);
  await dialog.locator("button.main").click();
  await row.getByRole("button", { name: choice, exact: true, pressed: true }).waitFor();
}
