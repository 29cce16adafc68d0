/** The upload form: the browser's own upload progress, and refusals beside the form. */
import { nameChosenFiles } from "./page.js";

nameChosenFiles();
const form = document.getElementById("upload-form");
const progress = document.getElementById("upload-progress");
const errorBox = document.getElementById("upload-error");
const button = form.querySelector("button");

function refuse(message) {
  errorBox.textContent = message;
  errorBox.hidden = false;
  progress.hidden = true;
  button.disabled = false;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  errorBox.hidden = true;
  progress.hidden = false;
  button.disabled = true;
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.responseType = "json";
  request.upload.addEventListener("progress", (step) => {
    if (!step.lengthComputable) return;
    progress.querySelector("progress").value = step.loaded / step.total;
    progress.querySelector("span").textContent = `已上传 ${Math.round((100 * step.loaded) / step.total)}%`;
  });
  request.addEventListener("error", () => refuse("连接不上服务器，文件没有上传。请检查网络后重试。"));
  request.addEventListener("load", () => {
    if (request.status < 300 && request.response?.address) location.assign(request.response.address);
    else refuse(request.response?.error?.message ?? `服务器没有接受文件（${request.status}）。`);
  });
  request.send(new FormData(form));
});
