import { openChromium } from './open-chromium.js';

describe('openChromium', () => {
  it('opens pages that share storage, and hears what they say', async () => {
    await using browser = await openChromium();
    const [one, other] = [await browser.newPage(), await browser.newPage()];
    const page = 'data:text/html,<script>console.log("hello")</script>';
    await one.goto(page);
    await other.goto(page);
    expect(browser.console).toEqual(['log: hello', 'log: hello']);
    expect(await one.evaluate('navigator.userAgent')).toContain('Chrome');
  });
});
