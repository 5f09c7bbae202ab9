// Finds the messages of the inbox with the subject given, reads them, prints them as JSON.
const ews = require("ews-javascript-api");

async function main(subject) {
  const service = new ews.ExchangeService(ews.ExchangeVersion.Exchange2016);
  service.Credentials = new ews.WebCredentials(process.env.EWS_USER, process.env.EWS_PASSWORD);
  service.Url = new ews.Uri(process.env.EWS_URL);
  const folder = await ews.Folder.Bind(service, ews.WellKnownFolderName.Inbox);
  const filter = new ews.SearchFilter.IsEqualTo(ews.ItemSchema.Subject, subject);
  let found;
  for (let attempt = 0; attempt < 50; attempt += 1) {
    found = await service.FindItems(ews.WellKnownFolderName.Inbox, filter, new ews.ItemView(10));
    if (found.Items.length > 0) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const items = [];
  for (const item of found.Items) {
    const message = await ews.EmailMessage.Bind(service, item.Id);
    items.push({ subject: message.Subject, from: message.From.Address, body: message.Body.Text });
  }
  process.stdout.write(JSON.stringify({ folder: folder.DisplayName, total: folder.TotalCount, items }));
}

main(process.argv[2]).catch((error) => {
  process.stderr.write(`${error && error.stack ? error.stack : JSON.stringify(error)}\n`);
  process.exit(1);
});
