/* Sends again what was kept while somebody confirmed who they are. */
document.querySelector("form[data-resume]").requestSubmit();
