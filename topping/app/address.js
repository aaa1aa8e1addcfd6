// Where the app answers. `make topping TOPPING_URL=https://…` writes the real address into the package.
window.BOOKS_FOR_BIGIN = "https://books-for-bigin.example";
