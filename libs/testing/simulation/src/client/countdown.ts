/** Goes off at the n-th time from when it was set. */
export class Countdown {
  private left = 0;
  private task: () => void = () => undefined;

  set(times: number, task: () => void): void {
    this.left = times;
    this.task = task;
  }

  tick(): void {
    this.left -= 1;
    if (this.left === 0) this.task();
  }
}
